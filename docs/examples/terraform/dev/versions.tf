# What gives Kubeflow profiles of EKS cluster dev (us-west-2) access to S3.
# Add a backend here: where the state is kept.
#
# Profiles are in the folder kubernetes, for kubectl or what else keeps the cluster: as a kubernetes_manifest each would need the
# cluster's API for every plan, and what lies in a namespace would need it before the profile controller has made it.

terraform {
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.66.0, < 7.0.0"
    }
  }
}

# Any other account is refused.
provider "aws" {
  region              = "us-west-2"
  allowed_account_ids = ["111122223333"]
}
