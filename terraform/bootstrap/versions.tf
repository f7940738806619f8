terraform {
  required_version = ">= 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.81"
    }
  }
}

provider "azurerm" {
  # The subscription comes from ARM_SUBSCRIPTION_ID, the identity from `az login`.
  storage_use_azuread             = true
  resource_provider_registrations = "none"
  resource_providers_to_register  = ["Microsoft.Authorization", "Microsoft.Insights", "Microsoft.OperationalInsights", "Microsoft.Storage"]

  features {
    resource_group {
      prevent_deletion_if_contains_resources = true
    }
  }
}
