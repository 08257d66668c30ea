using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;

namespace AlexNetService.Api.Negotiation;

/// <summary>A small page for browsers without JavaScript: a title and lines of text, with a link back to the page at <c>/</c>.</summary>
internal static class PlainPage
{
    /// <summary>Makes the page. The texts are encoded.</summary>
    public static ContentHttpResult Of(string title, IReadOnlyList<string> lines, int status = StatusCodes.Status200OK)
    {
        var encoder = HtmlEncoder.Default;
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append("<title>").Append(encoder.Encode(title)).Append("</title>\n");
        page.Append("<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"../page.css\">\n");
        page.Append("<main>\n<h1>").Append(encoder.Encode(title)).Append("</h1>\n");
        page.AppendJoin('\n', lines.Select(line => $"<p>{encoder.Encode(line)}</p>"));
        page.Append("\n<p><a href=\"..\">Another photograph</a></p>\n</main>\n");
        return TypedResults.Content(page.ToString(), MediaTypeNames.Text.Html, Encoding.UTF8, status);
    }
}
