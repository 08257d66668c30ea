using System.ComponentModel.DataAnnotations;

namespace AlexNetService.Api.Security;

/// <summary>Who may use the service.</summary>
internal sealed class SecurityOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Security";

    /// <summary>The keys, by the name that stands for them in the log; default none.</summary>
    public Dictionary<string, ApiKeyOptions> Keys { get; set; } = [];

    /// <summary>Whether the service may listen beyond loopback without keys; default false.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>Whether <c>/metrics</c> is answered without a key, where there are keys; default false.</summary>
    public bool OpenMetrics { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, key) in Keys)
        {
            if (key.Sha256.Length != ApiKeys.HashDigits || !key.Sha256.All(char.IsAsciiHexDigit))
            {
                yield return new ValidationResult(
                    $"Security:Keys:{name}:Sha256 must be the SHA-256 of the key in {ApiKeys.HashDigits} hexadecimal digits: "
                    + "printf %s \"$KEY\" | sha256sum.");
            }
        }

        if (Keys.Values.GroupBy(key => key.Sha256, StringComparer.OrdinalIgnoreCase).Any(same => same.Count() > 1))
        {
            yield return new ValidationResult("Security:Keys holds the same hash under two names; give each user a key of their own.");
        }
    }
}

/// <summary>One key.</summary>
internal sealed class ApiKeyOptions
{
    /// <summary>SHA-256 of the key's UTF-8 bytes, 64 hexadecimal digits. The key itself is nowhere in the configuration.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Whether the key opens admin routes; default false.</summary>
    public bool Admin { get; set; }
}
