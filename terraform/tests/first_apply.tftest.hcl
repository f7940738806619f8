# The platform as the first apply sees it, with the defaults: nothing runs, nothing is open. Nothing is created either:
# the provider is a stand-in.

mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      tenant_id = "00000000-0000-0000-0000-000000000001"
      object_id = "00000000-0000-0000-0000-000000000002"
    }
  }
}

variables {
  resource_group_name = "rg-hydrotheque-test"
  environment         = "dev"
  data_lake_name      = "hydrotest"
  admin_login         = "hydroadmin"
  users_notification  = ["ada@example.org"]
  secrets_to_write    = ["admin_password", "owner_password", "api_service_password", "readonly_password", "secret_key"]

  admin_password       = "not-a-secret-only-a-test-1"
  owner_password       = "not-a-secret-only-a-test-2"
  api_service_password = "not-a-secret-only-a-test-3"
  readonly_password    = "not-a-secret-only-a-test-4"
  secret_key           = "not-a-secret-only-a-test-of-32-characters"
}

run "nothing_runs_before_there_is_an_image" {
  command = plan

  assert {
    condition     = output.api_url == null && output.prefect_url == null && output.databricks_url == null
    error_message = "an app or a workspace is made without having been asked for"
  }
  assert {
    condition     = length(output.jobs) == 0
    error_message = "a job is made before its image"
  }
  assert {
    condition     = length(azurerm_private_endpoint.this) == 0
    error_message = "a private endpoint is paid without having been asked for"
  }
}

run "the_image_brings_the_jobs_and_the_switches_the_rest" {
  command = plan
  variables {
    image_tag         = "1.0.0"
    prefect_server    = true
    databricks        = true
    private_endpoints = true
    city_db_host      = "db.example.org"
    city_db_name      = "villes"
    city_db_user      = "lecteur"
    city_db_pwd       = "not-a-secret"
    prefect_auth      = "admin:not-a-secret-only-a-test"
    secrets_to_write = [
      "admin_password", "owner_password", "api_service_password", "readonly_password", "secret_key", "city_db_pwd",
      "prefect_auth",
    ]
  }

  assert {
    condition     = toset(keys(azurerm_private_endpoint.this)) == toset(["lake", "vault"])
    error_message = "private_endpoints makes one for the lake and one for the vault"
  }
  assert {
    condition     = toset(keys(output.jobs)) == toset([for job in ["init", "mensuel", "recharge", "etat"] : "hydrotheque-dev-${job}"])
    error_message = "with a Prefect server the jobs on demand and the look from outside stay, and the schedules are its own"
  }
}
