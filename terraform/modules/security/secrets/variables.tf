variable "vault_id" {
  description = "Key Vault."
  type        = string
}

variable "tags" {
  description = "Tags of every secret."
  type        = map(string)
}

variable "names" {
  description = "Secrets that there are."
  type        = set(string)
}

variable "to_write" {
  description = "Secrets that this apply writes."
  type        = set(string)
}

variable "values" {
  description = "Values of the secrets in to_write; the others are not looked at."
  type        = map(string)
  sensitive   = true
  ephemeral   = true
}

variable "versions" {
  description = "Version of each secret, 1 when not named; a change writes it."
  type        = map(number)
}

variable "reads" {
  description = "Secrets that each workload reads."
  type        = map(list(string))
}

variable "principal_ids" {
  description = "Identity of each workload."
  type        = map(string)
}
