using System.Security.Cryptography;
using System.Text;

namespace AlexNetService.Api.Security;

/// <summary>The configured keys, as SHA-256 hashes.</summary>
internal sealed class ApiKeys
{
    /// <summary>Hexadecimal digits of a hash.</summary>
    public const int HashDigits = 2 * SHA256.HashSizeInBytes;

    private readonly (ApiKey Key, byte[] Hash)[] entries;

    public ApiKeys(SecurityOptions options) => entries =
        [.. options.Keys.Select(key => (new ApiKey(key.Key, key.Value.Admin), Convert.FromHexString(key.Value.Sha256)))];

    /// <summary>Whether no keys are configured, so that none is required.</summary>
    public bool IsEmpty => entries.Length == 0;

    /// <summary>
    /// Finds the configured key that matches, or null. Compares every hash in constant time, so that the duration reveals nothing.
    /// </summary>
    public ApiKey? Find(string? presented)
    {
        if (string.IsNullOrEmpty(presented))
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented), hash);
        ApiKey? found = null;
        foreach (var (key, expected) in entries)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, expected) ? key : found;
        }

        return found;
    }
}

/// <summary>A configured key: its name in the configuration, and whether it gives access to admin routes.</summary>
internal sealed record ApiKey(string Name, bool Admin);
