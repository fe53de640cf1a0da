"""Everything around a new request: what is asked, its checks, its pictures, its forms, its suggestions, its card."""
