using AlexNetService.Api.Problems;
using Microsoft.Net.Http.Headers;

namespace AlexNetService.Api.Negotiation;

/// <summary>The media types that an endpoint answers in, the preferred one first (RFC 9110 §12.5.1).</summary>
/// <param name="Types">The types.</param>
internal sealed record OfferedTypes(IReadOnlyList<string> Types)
{
    public const string Json = "application/json";
    public const string Bytes = "application/octet-stream";
    public const string Png = "image/png";

    /// <summary>
    /// What the client likes most of these; null where it takes none. A client that says nothing readable takes the first.
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

    public Problem NotAcceptable() => new(
        StatusCodes.Status406NotAcceptable,
        "No accepted type can be given",
        $"Answers come as {string.Join(" or ", Types)}. Name one of them in Accept, or leave it out.");

    /// <summary>The quality of the range that says most about a type: itself before its kind, and its kind before everything.</summary>
    private static double QualityOf(MediaTypeHeaderValue type, IList<MediaTypeHeaderValue> accepted) => accepted
        .Where(range => Covers(range, type))
        .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault();

    // Parameters decide nothing: "application/json; charset=utf-8" is what many clients write, and what they get.
    private static bool Covers(MediaTypeHeaderValue range, MediaTypeHeaderValue type) => range.MatchesAllTypes
        || (range.Type.Equals(type.Type, StringComparison.OrdinalIgnoreCase)
            && (range.MatchesAllSubTypes || range.SubType.Equals(type.SubType, StringComparison.OrdinalIgnoreCase)));
}

internal static class OfferedTypesEndpoints
{
    /// <summary>
    /// Answers 406 where the client takes none of the types, before anything is read or run; the OpenAPI document lists them.
    /// </summary>
    public static RouteHandlerBuilder Offers(this RouteHandlerBuilder endpoint, params IReadOnlyList<string> types)
    {
        var offered = new OfferedTypes(types);
        return endpoint
            .WithMetadata(offered)
            .AddEndpointFilter(async (context, next) =>
                offered.Choose(context.HttpContext.Request) is null ? offered.NotAcceptable() : await next(context))
            .ProducesProblems(StatusCodes.Status406NotAcceptable);
    }

    /// <summary>Which of the offered types this request is answered in.</summary>
    public static string? ChosenType(this HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<OfferedTypes>()?.Choose(context.Request);
}
