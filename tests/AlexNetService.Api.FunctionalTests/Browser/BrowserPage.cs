using System.Collections.Concurrent;
using AlexNetService.Api.FunctionalTests.Hosting;
using Microsoft.Playwright;

namespace AlexNetService.Api.FunctionalTests.Browser;

/// <summary>A page with the browser's complaints and the requested hosts.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> complaints = [];
    private readonly ConcurrentQueue<string> hosts = [];

    public BrowserPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Enqueue(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Enqueue(error);
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: "http" or "https" } address)
            {
                hosts.Enqueue(address.Authority);
            }
        };
    }

    /// <summary>A file to choose on the page.</summary>
    public static FilePayload Photograph { get; } =
        new() { Name = "photograph.jpg", MimeType = "image/jpeg", Buffer = Pictures.Jpeg() };

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console: failed scripts, and violations of the Content-Security-Policy.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    /// <summary>Every requested host.</summary>
    public IEnumerable<string> Hosts => hosts.Distinct();

    /// <summary>Text of every element that matches a selector.</summary>
    public async Task<IReadOnlyList<string>> TextsAsync(string selector) => await Page.Locator(selector).AllInnerTextsAsync();

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
