"""Views: each translates one request into one call and one page or fragment."""
