using AlexNetService.Api.FunctionalTests.Browser;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace AlexNetService.Api.FunctionalTests.Browser;

/// <summary>The Chromium of this machine, started by the first test that opens a page. Playwright downloads nothing.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];
    private readonly Lazy<Task<Session>> session = new(StartAsync);

    /// <summary>Opens a page that records the browser's complaints; skips the test without a browser.</summary>
    /// <param name="options">Size, colours and the like.</param>
    internal async Task<BrowserPage> OpenAsync(BrowserNewContextOptions options)
    {
        Assert.SkipWhen(Executable() is null, $"None of {string.Join(", ", Names)} is on the PATH; on Debian: apt-get install chromium.");
        var context = await (await session.Value).Browser.NewContextAsync(options);
        return new BrowserPage(await context.NewPageAsync());
    }

    /// <summary>Opens the page of a service that has several networks, once it says so.</summary>
    internal async Task<BrowserPage> OpenPageAsync(
        Uri service, ColorScheme colours = ColorScheme.Light, int width = 1280, bool touch = false)
    {
        var browser = await OpenAsync(new BrowserNewContextOptions
        {
            ColorScheme = colours,
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            HasTouch = touch,
            IsMobile = touch,
        });
        await browser.Page.GotoAsync(service.ToString());
        await Assertions.Expect(browser.Page.Locator("#ensemble")).ToContainTextAsync("networks");
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        if (session.IsValueCreated)
        {
            var (playwright, browser) = await session.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }

    private static async Task<Session> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return new Session(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable(),

            // Chromium has no sandbox for root, and containers have little shared memory.
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        }));
    }

    private static string? Executable() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    private sealed record Session(IPlaywright Playwright, IBrowser Browser);
}
