using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>The hashes of the configured keys.</summary>
internal sealed class ApiKeys
{
    /// <summary>Hexadecimal digits of a hash.</summary>
    public const int HashDigits = 2 * SHA256.HashSizeInBytes;

    private readonly Entry[] entries;

    public ApiKeys(IOptions<SecurityOptions> options) => entries =
        [.. options.Value.Keys.Select(key => new Entry(new ApiKey(key.Key, key.Value.Admin), Convert.FromHexString(key.Value.Sha256)))];

    /// <summary>Whether no keys are configured, so that none is required.</summary>
    public bool IsEmpty => entries.Length == 0;

    /// <summary>
    /// The key that a request presents, or null if it is unknown. Compares all hashes completely, so that the duration reveals nothing
    /// about them.
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
        foreach (var entry in entries)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, entry.Hash) ? entry.Key : found;
        }

        return found;
    }

    private sealed record Entry(ApiKey Key, byte[] Hash);
}

/// <summary>A configured key.</summary>
/// <param name="Name">Name in the configuration.</param>
/// <param name="Admin">Whether it gives access to admin routes.</param>
internal sealed record ApiKey(string Name, bool Admin);
