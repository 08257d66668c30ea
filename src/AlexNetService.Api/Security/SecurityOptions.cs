using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;

namespace AlexNetService.Api.Security;

/// <summary>Keys, and exceptions from them.</summary>
internal sealed class SecurityOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Security";

    private static readonly string HashOfNothing = Convert.ToHexString(SHA256.HashData([]));

    /// <summary>The keys, by the names that the log shows. Default none.</summary>
    public Dictionary<string, ApiKeyOptions> Keys { get; set; } = [];

    /// <summary>Whether the service may listen beyond loopback without keys. Default false.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>Whether <c>/metrics</c> needs no key although keys are configured. Default false.</summary>
    public bool OpenMetrics { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, key) in Keys)
        {
            if (key.Sha256.Equals(HashOfNothing, StringComparison.OrdinalIgnoreCase))
            {
                yield return new ValidationResult(
                    $"Security:Keys:{name}:Sha256 is the hash of an empty key. Choose a key: KEY=$(openssl rand -hex 32).");
            }

            if (key.Sha256.Length != ApiKeys.HashDigits || !key.Sha256.All(char.IsAsciiHexDigit))
            {
                yield return new ValidationResult(
                    $"Security:Keys:{name}:Sha256 must be the SHA-256 of the key in {ApiKeys.HashDigits} hexadecimal digits: "
                    + "printf %s \"$KEY\" | sha256sum.");
            }
        }

        if (Keys.Values.GroupBy(key => key.Sha256, StringComparer.OrdinalIgnoreCase).Any(same => same.Count() > 1))
        {
            yield return new ValidationResult("Security:Keys has the same hash under two names. Give each user a separate key.");
        }
    }
}

/// <summary>One key.</summary>
internal sealed class ApiKeyOptions
{
    /// <summary>SHA-256 of the key's UTF-8 bytes in 64 hexadecimal digits. The configuration never contains the key itself.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Whether the key gives access to admin routes. Default false.</summary>
    public bool Admin { get; set; }
}
