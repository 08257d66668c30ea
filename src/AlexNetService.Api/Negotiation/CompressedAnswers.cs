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
}
