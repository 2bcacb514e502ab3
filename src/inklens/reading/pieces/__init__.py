"""Connected pieces of ink, and what each may say."""
