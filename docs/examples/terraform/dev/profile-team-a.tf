# Kubeflow profile team-a on EKS cluster dev (us-west-2).

resource "aws_iam_role" "team_a_dev_role" {
  name                 = "team-a-dev-role"
  path                 = "/teams/"
  description          = "S3 access of Kubeflow profile team-a on EKS cluster dev"
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::111122223333:policy/teams"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Federated = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
        }
        Action = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = {
            "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud" = "sts.amazonaws.com"
            "oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub" = "system:serviceaccount:team-a:default-editor"
          }
        }
      },
    ]
  })
  tags = {
    "cost-center"              = "4711"
    "kubeflow-irsa/cluster"    = "arn:aws:eks:us-west-2:111122223333:cluster/dev"
    "kubeflow-irsa/managed-by" = "terraform"
    "kubeflow-irsa/owner"      = "team-a@example.com"
    "kubeflow-irsa/profile"    = "team-a"
  }
}

resource "aws_iam_role_policy" "team_a_dev_role__kf_pipeline_s3" {
  name = "kf-pipeline-s3"
  role = aws_iam_role.team_a_dev_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "LocateBucket"
        Effect   = "Allow"
        Action   = "s3:GetBucketLocation"
        Resource = "arn:aws:s3:::artifacts"
      },
      {
        Sid      = "ListOwnPrefix"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "arn:aws:s3:::artifacts"
        Condition = {
          StringLike = {
            "s3:prefix" = "team-a/*"
          }
        }
      },
      {
        Sid    = "ReadWriteOwnPrefix"
        Effect = "Allow"
        Action = [
          "s3:GetObject",
          "s3:PutObject",
          "s3:DeleteObject",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts",
        ]
        Resource = "arn:aws:s3:::artifacts/team-a/*"
      },
    ]
  })
}
