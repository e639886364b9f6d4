"""Independent posterior draws by adaptive importance sampling."""
