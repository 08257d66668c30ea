using AlexNetService.Api.OpenInference;
using Microsoft.AspNetCore.ResponseCompression;

namespace AlexNetService.Api.Negotiation;

/// <summary>JSON goes out as br or gzip where the client takes them. Pictures and floats would only cost time.</summary>
internal static class CompressedAnswers
{
    public static void AddCompressedAnswers(this IServiceCollection services) => services.AddResponseCompression(options =>
    {
        options.MimeTypes = [OfferedTypes.Json, "application/problem+json"];
        options.Providers.Add<BrotliCompressionProvider>();
        options.Providers.Add<GzipCompressionProvider>();
    });

    /// <summary>
    /// Compresses what is not of the Open Inference Protocol: NVIDIA's asynchronous client always says that it takes gzip, and parses
    /// metadata and errors without undoing it.
    /// </summary>
    public static void UseCompressedAnswers(this IApplicationBuilder app) => app.UseWhen(
        context => !context.Request.Path.StartsWithSegments(OpenInferenceEndpoint.Root, StringComparison.OrdinalIgnoreCase),
        others => others.UseResponseCompression());
}
