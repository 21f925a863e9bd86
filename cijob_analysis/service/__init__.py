"""All that speaks to the service: credentials, signature, requests, answers, transport, client."""
