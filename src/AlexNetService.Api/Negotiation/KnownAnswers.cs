using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Negotiation;

/// <summary>Answers that clients may cache and revalidate (RFC 9110 §13.1.2).</summary>
internal static class KnownAnswers
{
    /// <summary>Tags an answer, and checks whether the client already has it.</summary>
    /// <param name="context">The request, and the response whose headers are set.</param>
    /// <param name="answer">The answer, which is sent as JSON.</param>
    public static bool HasAlready<T>(this HttpContext context, T answer)
    {
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var hash = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(answer, json)).AsSpan(0, 16));

        // Weak, because the same answer may be compressed in several ways.
        var tag = new EntityTagHeaderValue($"\"{hash}\"", isWeak: true);
        context.Response.Headers.ETag = tag.ToString();
        context.Response.Headers.CacheControl = CacheControlHeaderValue.NoCacheString;
        return EntityTagHeaderValue.TryParseList(context.Request.Headers.IfNoneMatch, out var known)
            && known.Any(candidate => candidate.Tag == "*" || candidate.Compare(tag, useStrongComparison: false));
    }
}
