using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;

namespace AlexNetService.Client;

/// <summary>Where the service is.</summary>
public sealed class AlexNetClientOptions
{
    /// <summary>Its address, such as <c>http://localhost:8080</c>.</summary>
    public Uri? Address { get; set; }

    /// <summary>The key to send, if the service requires one.</summary>
    public string? Key { get; set; }

    /// <summary>How long one attempt may take; default 30 s. With retries a call takes at most three times as long.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Adds <see cref="AlexNetClient"/> to a program's services.</summary>
public static class AlexNetClientSetup
{
    private const int Attempts = 3;

    /// <summary>
    /// Adds a client whose connections come from <see cref="IHttpClientFactory"/>. It tries again, up to three times in all, where the
    /// service is overloaded or cannot be reached, after the time that the service names in Retry-After.
    /// </summary>
    /// <returns>The builder of its HTTP client, for further handlers.</returns>
    public static IHttpClientBuilder AddAlexNetClient(this IServiceCollection services, Action<AlexNetClientOptions> configure)
    {
        services.AddOptions<AlexNetClientOptions>().Configure(configure).ValidateOnStart().Validate(
            options => options.Address is { IsAbsoluteUri: true },
            "The address of AlexNetService is missing. Set Address, for example to http://localhost:8080.");
        var client = services.AddHttpClient<AlexNetClient>((provider, http) =>
        {
            var options = provider.GetRequiredService<IOptions<AlexNetClientOptions>>().Value;

            // With a slash at its end, so that a path in front of the service is kept.
            http.BaseAddress = options.Address is { } address ? new Uri($"{address.AbsoluteUri.TrimEnd('/')}/") : null;
            http.Timeout = Timeout.InfiniteTimeSpan;
            if (options.Key is { Length: > 0 } key)
            {
                http.DefaultRequestHeaders.Add("X-Api-Key", key);
            }
        });
        client.AddStandardResilienceHandler().Configure((resilience, provider) =>
        {
            var attempt = provider.GetRequiredService<IOptions<AlexNetClientOptions>>().Value.AttemptTimeout;
            resilience.AttemptTimeout.Timeout = attempt;
            resilience.TotalRequestTimeout.Timeout = Attempts * attempt;
            resilience.CircuitBreaker.SamplingDuration = 2 * attempt;
            resilience.Retry.MaxRetryAttempts = Attempts - 1;
        });
        return client;
    }
}
