# A vault that holds version 1 of three secrets
mock_provider "azurerm" {
  mock_data "azurerm_key_vault_secrets" {
    defaults = {
      secrets = [
        { enabled = true, id = "1", name = "admin-password", tags = { version = "1" } },
        { enabled = true, id = "2", name = "owner-password", tags = { version = "1" } },
        { enabled = true, id = "3", name = "secret-key", tags = { version = "1" } },
      ]
    }
  }
}

variables {
  vault_id      = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/hydrotest-kv"
  tags          = {}
  names         = ["admin_password", "owner_password", "secret_key"]
  to_write      = []
  values        = {}
  versions      = {}
  reads         = { api = ["secret_key"], worker = ["owner_password"], setup = ["admin_password", "owner_password"] }
  principal_ids = { api = "a", worker = "b", setup = "c" }
}

run "what_the_vault_holds_need_not_be_given_again" {
  module {
    source = "./modules/security/secrets"
  }

  assert {
    condition     = alltrue([for secret in azurerm_key_vault_secret.this : secret.value_wo_version == 1])
    error_message = "a secret would be written again"
  }
  assert {
    condition = toset(keys(azurerm_role_assignment.reader)) == toset([
      "api/secret_key", "worker/owner_password", "setup/admin_password", "setup/owner_password",
    ]) && alltrue([for role in azurerm_role_assignment.reader : role.role_definition_name == "Key Vault Secrets User"])
    error_message = "a workload reads a secret that is not its own"
  }
}

run "a_value_is_in_no_attribute_that_the_state_keeps" {
  module {
    source = "./modules/security/secrets"
  }
  variables {
    to_write = ["secret_key"]
    values   = { secret_key = "not-a-secret-only-a-test" }
    versions = { secret_key = 2 }
  }

  assert {
    condition     = !strcontains(jsonencode(azurerm_key_vault_secret.this), "not-a-secret")
    error_message = "the state holds the value"
  }
  assert {
    condition     = azurerm_key_vault_secret.this["secret_key"].value_wo_version == 2 && azurerm_key_vault_secret.this["secret_key"].tags["version"] == "2"
    error_message = "the new version is written, and said in the tag that the next apply reads"
  }
}

run "a_secret_that_the_vault_lacks_is_refused" {
  command = plan
  module {
    source = "./modules/security/secrets"
  }
  variables {
    names = ["admin_password", "owner_password", "secret_key", "city_db_pwd"]
  }
  expect_failures = [azurerm_key_vault_secret.this]
}

run "a_new_version_without_its_value_is_refused" {
  command = plan
  module {
    source = "./modules/security/secrets"
  }
  variables {
    versions = { secret_key = 3 }
  }
  expect_failures = [azurerm_key_vault_secret.this]
}
