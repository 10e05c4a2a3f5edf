"""What runs where: environments, deployments with signed permits, and what agents see of the world outside."""
