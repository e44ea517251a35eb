# OIDC provider of EKS cluster dev (us-west-2).

# All roles of the cluster rest on it. IAM finds the thumbprint by itself.
# Where another state keeps it already, such as that of the cluster, delete this file: nothing refers to it.
resource "aws_iam_openid_connect_provider" "cluster" {
  url            = "https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
  client_id_list = ["sts.amazonaws.com"]
  tags = {
    "kubeflow-irsa/managed-by" = "terraform"
  }

  lifecycle {
    prevent_destroy = true
  }
}

import {
  to = aws_iam_openid_connect_provider.cluster
  id = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
}
