using AlexNetService.Api.OpenInference;
using Microsoft.AspNetCore.ResponseCompression;

namespace AlexNetService.Api.Negotiation;

/// <summary>Compresses JSON and the page with br or gzip if the client accepts them. Photographs and floats hardly get smaller.</summary>
internal static class CompressedAnswers
{
    public static void AddCompressedAnswers(this IServiceCollection services) => services.AddResponseCompression(options =>
    {
        options.MimeTypes =
            [OfferedTypes.Json, "application/problem+json", OfferedTypes.Html, "text/css", "text/javascript", "image/svg+xml"];
        options.Providers.Add<BrotliCompressionProvider>();
        options.Providers.Add<GzipCompressionProvider>();
    });

    /// <summary>
    /// Leaves the Open Inference Protocol uncompressed: NVIDIA's asynchronous client always announces gzip, but parses metadata and
    /// errors without decompressing them.
    /// </summary>
    public static void UseCompressedAnswers(this IApplicationBuilder app) => app.UseWhen(
        context => !context.Request.Path.StartsWithSegments(OpenInferenceEndpoint.Root, StringComparison.OrdinalIgnoreCase),
        other => other.UseResponseCompression());
}
