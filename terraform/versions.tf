terraform {
  # 1.11 brings the write-only arguments that keep passwords out of the state.
  required_version = ">= 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.81"
    }
  }

  # Where the state is: environments/*.backend.hcl, made from what bootstrap prints.
  backend "azurerm" {
    use_azuread_auth = true
  }
}

provider "azurerm" {
  # The subscription comes from ARM_SUBSCRIPTION_ID, the identity from `az login` or OIDC.
  storage_use_azuread             = true
  resource_provider_registrations = "none"
  resource_providers_to_register = [
    "Microsoft.App",
    "Microsoft.Authorization",
    "Microsoft.Consumption",
    "Microsoft.ContainerRegistry",
    "Microsoft.Databricks",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
  ]

  features {
    resource_group {
      prevent_deletion_if_contains_resources = true
    }
    key_vault {
      purge_soft_delete_on_destroy    = false
      recover_soft_deleted_key_vaults = true
    }
    log_analytics_workspace {
      permanently_delete_on_destroy = false
    }
    postgresql_flexible_server {
      restart_server_on_configuration_value_change = true
    }
  }
}
