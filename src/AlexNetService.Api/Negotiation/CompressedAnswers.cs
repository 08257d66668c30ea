using AlexNetService.Api.OpenInference;
using Microsoft.AspNetCore.ResponseCompression;

namespace AlexNetService.Api.Negotiation;

/// <summary>Compresses JSON with br or gzip if the client accepts them. Pictures and floats hardly get smaller.</summary>
internal static class CompressedAnswers
{
    public static void AddCompressedAnswers(this IServiceCollection services) => services.AddResponseCompression(options =>
    {
        options.MimeTypes = [OfferedTypes.Json, "application/problem+json"];
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
