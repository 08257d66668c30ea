using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>Gives each sender a token bucket. A sender is a key or, without a valid key, a client network.</summary>
internal static class RateLimits
{
    // One IPv6 site usually has a /64 network, so all addresses in it count as one sender (RFC 6177).
    private const int SenderPrefixBytes = 8;
    // The limiter takes no period of more than 49 days; a day is long enough for any rate.
    private const int LongestPeriodSeconds = 86_400;

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<RateLimitOptions>((limiter, options) =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Partition(context, options));
            limiter.OnRejected = Reject;
        });
    }

    private static RateLimitPartition<string> Partition(HttpContext context, RateLimitOptions options)
    {
        if (options.RequestsPerSecond == 0
            || context.GetEndpoint() is not { } endpoint
            || endpoint.Metadata.GetOrderedMetadata<RouteAccess>().Contains(RouteAccess.Open))
        {
            return RateLimitPartition.GetNoLimiter("");
        }

        return RateLimitPartition.GetTokenBucketLimiter(SenderOf(context), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Burst,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Min(1 / options.RequestsPerSecond, LongestPeriodSeconds)),
            QueueLimit = 0,
        });
    }

    private static string SenderOf(HttpContext context) => PresentedKey.Of(context) is { } key
        ? "key " + key.Name
        : "address " + NetworkOf(context.Connection.RemoteIpAddress ?? IPAddress.None);

    /// <summary>The network that counts as one sender: an IPv4 address, or an IPv6 network of 64 bits.</summary>
    public static string NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, SenderPrefixBytes))
            : address.ToString();
    }

    /// <summary>Counts a further request in a call that has several.</summary>
    /// <returns>Why it is refused, or null.</returns>
    public static Problem? TakeAnother(HttpContext context)
    {
        var limiter = context.RequestServices.GetRequiredService<IOptions<RateLimiterOptions>>().Value.GlobalLimiter;
        using var lease = limiter?.AttemptAcquire(context);
        return lease is { IsAcquired: false } ? TooMany(lease) : null;
    }

    private static ValueTask Reject(OnRejectedContext rejected, CancellationToken cancellation) =>
        new(TooMany(rejected.Lease).ExecuteAsync(rejected.HttpContext));

    private static Problem TooMany(RateLimitLease lease)
    {
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.Zero;
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        return new Problem(429, "Too many requests",
            $"You sent more requests than RateLimit allows. Try again in {seconds} s, and send fewer requests a second.")
        {
            RetryAfter = seconds,
        };
    }
}

/// <summary>Rate limit of each sender.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "RateLimit";

    /// <summary>Average requests a second. Default 0, which means no limit.</summary>
    [Range(0.0, 1_000_000.0, ErrorMessage = "RateLimit:RequestsPerSecond must be {1} to {2}; 0 means no limit.")]
    public double RequestsPerSecond { get; set; }

    /// <summary>Requests that may arrive at once. Default 20.</summary>
    [Range(1, 1_000_000, ErrorMessage = "RateLimit:Burst must be {1} to {2}.")]
    public int Burst { get; set; } = 20;
}
