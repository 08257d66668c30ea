using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Negotiation;

/// <summary>The media types that an endpoint can return, the preferred one first (RFC 9110 §12.5.1).</summary>
internal sealed record OfferedTypes(IReadOnlyList<string> Types)
{
    public const string Json = "application/json";
    public const string Bytes = "application/octet-stream";
    public const string Html = "text/html";
    public const string Png = "image/png";

    /// <summary>
    /// The type that the client prefers, or null if it accepts none. Without a readable Accept header, it is the first one.
    /// </summary>
    public string? Choose(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) || accepted.Count == 0)
        {
            return Types[0];
        }

        return Types.Select(type => (Type: type, Quality: QualityOf(MediaTypeHeaderValue.Parse(type), accepted)))
            .Where(offer => offer.Quality > 0)
            .OrderByDescending(offer => offer.Quality)
            .Select(offer => offer.Type)
            .FirstOrDefault();
    }

    /// <summary>A PNG as an address (RFC 2397), to be part of JSON or of a page.</summary>
    public static string DataUri(byte[] png) => $"data:{Png};base64,{Convert.ToBase64String(png)}";

    public Problem NotAcceptable() => new(406, "Not Acceptable",
        $"This route returns {string.Join(" or ", Types)}. Name one of them in Accept, or leave Accept out.");

    /// <summary>
    /// The quality of the most specific range that covers a type: the type itself, then its subtypes, then everything. Parameters of a
    /// range are ignored: many clients send "application/json; charset=utf-8", which is what they get.
    /// </summary>
    private static double QualityOf(MediaTypeHeaderValue type, IList<MediaTypeHeaderValue> accepted) => accepted
        .Where(range => type.IsSubsetOf(new MediaTypeHeaderValue(range.MediaType)))
        .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault();
}

/// <summary>Documents headers of the answer 200 of a type.</summary>
internal sealed record ResponseHeaders(string Type, IReadOnlyDictionary<string, (string Description, string Example)> Headers);

internal static class OfferedTypesEndpoints
{
    /// <summary>
    /// Returns 406 before anything is read or run if the client accepts none of the types, and documents them.
    /// </summary>
    public static RouteHandlerBuilder Offers(this RouteHandlerBuilder endpoint, params IReadOnlyList<string> types)
    {
        var offered = new OfferedTypes(types);
        return endpoint
            .WithMetadata(offered)
            .AddEndpointFilter(async (context, next) =>
                offered.Choose(context.HttpContext.Request) is null ? offered.NotAcceptable() : await next(context))
            .ProducesProblems(406);
    }

    /// <summary>The type of the answer to this request.</summary>
    public static string? ChosenType(this HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<OfferedTypes>()?.Choose(context.Request);
}
