using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace AlexNetService.Api.Security;

/// <summary>A bucket of tokens for each sender. What is refused for want of a key costs a token of its address.</summary>
internal static class RateLimits
{
    // Networks give a household or a server 2^64 addresses: those are one sender. RFC 6177.
    private const int SenderPrefixBytes = 8;
    private const int LongestPeriodSeconds = 86_400;

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<RateLimitOptions>>((limiter, options) =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Partition(context, options.Value));
            limiter.OnRejected = Reject;
        });
    }

    private static RateLimitPartition<string> Partition(HttpContext context, RateLimitOptions options)
    {
        if (options.RequestsPerSecond == 0
            || context.GetEndpoint() is not { } endpoint
            || endpoint.Metadata.GetMetadata<OpenRouteMetadata>() is not null)
        {
            return RateLimitPartition.GetNoLimiter("");
        }

        return RateLimitPartition.GetTokenBucketLimiter(Sender(context), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Burst,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Min(1 / options.RequestsPerSecond, LongestPeriodSeconds)),
            QueueLimit = 0,
        });
    }

    private static string Sender(HttpContext context) => PresentedKey.Of(context) is { } key
        ? "key " + key.Name
        : "address " + Network(context.Connection.RemoteIpAddress ?? IPAddress.None);

    private static string Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, SenderPrefixBytes))
            : address.ToString();
    }

    private static ValueTask Reject(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.Zero;
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        return new ValueTask(AccessProblems.TooManyRequests(seconds).ExecuteAsync(rejected.HttpContext));
    }
}
