"""Programs that each answer one question about the package with numbers."""
