# The bucket is made by deploy/scripts/bootstrap and named on the command line of `terraform init`, since a backend takes
# no variables: -backend-config=bucket=PROJECT-quarterday-state
terraform {
  backend "gcs" {
    prefix = "quarterday"
  }
}
