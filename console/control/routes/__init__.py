"""The routes, one file per noun. Each has a `router`; `console.control.app` joins them."""
