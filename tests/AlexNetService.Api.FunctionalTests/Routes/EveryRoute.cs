using System.Net.Http.Headers;
using System.Net.Http.Json;
using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.Routes;

/// <summary>The routes of the service, each with a request that gets 200.</summary>
internal static class EveryRoute
{
    public const string Batch = "/v1/classify/batch";

    /// <summary>Routes that take pictures.</summary>
    public static IReadOnlyList<string> Posts { get; } = ["/v1/classify", Batch, "/v1/features", "/v1/explain"];

    /// <summary>Takes pictures in JSON, and its model in the address.</summary>
    public const string Predict = "/v1/models/cifar-a:predict";

    /// <summary>All routes that require a key, if keys are configured.</summary>
    public static IReadOnlyList<string> Closed => [.. Posts, Predict, .. Gets];

    /// <summary>GET routes that require a key, if keys are configured.</summary>
    public static IReadOnlyList<string> Gets { get; } = ["/v1/models", "/v1/models/cifar-a", "/v1/models/cifar-a/filters.png"];

    /// <summary>Routes that need no key.</summary>
    public static IReadOnlyList<string> Open { get; } = ["/", "/health/live", "/health/ready", "/problems", "/problems/not-found"];

    /// <param name="path">One of the routes.</param>
    /// <param name="picture">The posted picture, if the route takes one.</param>
    /// <param name="accept">The Accept header, or null for none.</param>
    public static HttpRequestMessage Request(string path, byte[]? picture = null, string? accept = null)
    {
        var request = new HttpRequestMessage(Posts.Contains(path) || path == Predict ? HttpMethod.Post : HttpMethod.Get, path);
        if (request.Method == HttpMethod.Post)
        {
            var bytes = picture ?? Pictures.Jpeg();
            request.Content = path switch
            {
                Batch => Requests.Form(bytes, "images"),
                Predict => JsonContent.Create(new { instances = new[] { new { image = new { b64 = bytes } } } }),
                _ => Requests.Raw(bytes),
            };
        }

        if (accept is not null)
        {
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        }

        return request;
    }

    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient client, string path, byte[]? picture = null, string? accept = null)
    {
        using var request = Request(path, picture, accept);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
