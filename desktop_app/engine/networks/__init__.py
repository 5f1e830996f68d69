"""Networks over grids of one to three dimensions."""
