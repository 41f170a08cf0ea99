# The service's own image repository, so that a deploy depends on nothing else. The first apply creates only
# this (-target=module.service.aws_ecr_repository.this), so that there is somewhere to push to.

resource "aws_ecr_repository" "this" {
  name                 = "${local.name}/${var.service}"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.data_kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "The newest 150: 50 images, each with its signature and its attestation"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 150 }
      action       = { type = "expire" }
    }]
  })
}
