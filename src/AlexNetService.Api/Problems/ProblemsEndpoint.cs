using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;

namespace AlexNetService.Api.Problems;

/// <summary>Explains problems at the addresses in their <c>type</c>.</summary>
internal static class ProblemsEndpoint
{
    public static void MapProblems(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(ProblemKinds.Path).WithMetadata(RouteAccess.Open).ExcludeFromDescription();
        group.MapGetAndHead("/", () => Page("Problems", ProblemKinds.ByName.Values));
        group.MapGetAndHead("/{kind}", Results<ContentHttpResult, NotFound> (string kind) =>
            ProblemKinds.ByName.TryGetValue(kind, out var found) ? Page(found.Title, [found]) : TypedResults.NotFound());
    }

    private static ContentHttpResult Page(string title, IEnumerable<(string Title, string Explanation)> kinds)
    {
        var html = HtmlEncoder.Default;
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append("<title>").Append(html.Encode(title)).Append("</title>\n");
        foreach (var kind in kinds)
        {
            page.Append("<h1>").Append(html.Encode(kind.Title)).Append("</h1>\n<p>").Append(html.Encode(kind.Explanation)).Append("</p>\n");
        }

        return TypedResults.Content(page.ToString(), MediaTypeNames.Text.Html, Encoding.UTF8);
    }
}
