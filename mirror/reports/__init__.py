"""What a person reads about a crawl and a collection: reports and certificates, as pages that need no network."""
