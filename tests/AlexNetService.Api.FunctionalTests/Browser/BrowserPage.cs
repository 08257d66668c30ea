using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace AlexNetService.Api.FunctionalTests.Browser;

/// <summary>A page, what the browser said of it, and whom it asked.</summary>
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

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console: broken scripts, and what the Content-Security-Policy forbade.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    /// <summary>Every host that was asked for something.</summary>
    public IEnumerable<string> Hosts => hosts.Distinct();

    /// <summary>Text of every element that a selector finds.</summary>
    public async Task<IReadOnlyList<string>> TextsAsync(string selector) => await Page.Locator(selector).AllInnerTextsAsync();

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
