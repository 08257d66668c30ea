using AlexNetService.Api.FunctionalTests.Hosting;
using Microsoft.Playwright;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Browser;

/// <summary>How photographs reach the page, and the page itself.</summary>
public sealed class PageTests(SharedService service, Chromium chromium)
{
    [Fact]
    public async Task Keyboard_Alone_ChoosesAPhotographAndACrop()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;

        // Requested early: Playwright enables interception of the file dialogue without waiting for it.
        var dialogue = page.WaitForFileChooserAsync();
        await TabToAsync(page, "#file");
        await page.Keyboard.PressAsync("Enter");
        await (await dialogue).SetFilesAsync(BrowserPage.Photograph);
        await Assertions.Expect(page.Locator("#crops button")).ToHaveCountAsync(10);
        await TabToAsync(page, "#crops button:nth-child(8)");
        await page.Keyboard.PressAsync("Space");

        Assert.Equal(["bottom left, mirrored"], await page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('#crops [aria-pressed=true]')].map(button => button.title)"));
        await Assertions.Expect(page.Locator("#window")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData("drop", "DragEvent", "dataTransfer")]
    [InlineData("paste", "ClipboardEvent", "clipboardData")]
    public async Task Page_DroppedOrPastedPhotograph_IsClassified(string kind, string type, string carrier)
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;

        await page.EvaluateAsync(
            """
            ([bytes, kind, type, carrier]) => {
              const photograph = Uint8Array.from(atob(bytes), letter => letter.charCodeAt(0));
              const data = new DataTransfer();
              data.items.add(new File([photograph], 'photograph.jpg', { type: 'image/jpeg' }));
              document.body.dispatchEvent(new window[type](kind, { bubbles: true, cancelable: true, [carrier]: data }));
            }
            """,
            new[] { Convert.ToBase64String(BrowserPage.Photograph.Buffer), kind, type, carrier });

        await Assertions.Expect(page.Locator("#predictions li")).ToHaveCountAsync(5);
    }

    [Fact]
    public async Task Examples_Click_ClassifiesTheDrawing()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;
        await Assertions.Expect(page.Locator("#examples img")).ToHaveCountAsync(8);
        await page.WaitForFunctionAsync(
            "[...document.querySelectorAll('#examples img')].every(image => image.complete && image.naturalWidth === 256)");

        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "school bus" }).ClickAsync();

        await Assertions.Expect(page.Locator("#predictions li")).ToHaveCountAsync(5);
        Assert.Equal(256, await page.EvaluateAsync<int>("document.getElementById('preview').naturalWidth"));
        Assert.Empty(browser.Complaints);
        Assert.Equal([new Uri(page.Url).Authority], browser.Hosts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Camera_OnATouchScreenOnly_IsOfferedAndItsPhotographIsClassified(bool touch)
    {
        await using var browser = await chromium.OpenPageAsync(service.Address, width: 390, touch: touch);
        var shot = browser.Page.Locator("#shot[capture=environment]");

        await Assertions.Expect(browser.Page.Locator("#camera")).ToBeVisibleAsync(new() { Visible = touch });
        await shot.SetInputFilesAsync(BrowserPage.Photograph);

        await Assertions.Expect(browser.Page.Locator("#crops button")).ToHaveCountAsync(10);
    }

    [Fact]
    public async Task Page_WithoutJavaScript_HasAFormWhoseAnswerIsAPage()
    {
        await using var browser = await chromium.OpenAsync(new BrowserNewContextOptions { JavaScriptEnabled = false });
        var page = browser.Page;
        await page.GotoAsync(service.Address.ToString());
        await Assertions.Expect(page.Locator("#drop")).ToBeHiddenAsync();

        await page.SetInputFilesAsync("#plain", BrowserPage.Photograph);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Classify" }).ClickAsync();

        var winner = List(await service.Client.ClassifyAsync("", Raw(BrowserPage.Photograph.Buffer)), "predictions")[0];
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(Text(winner, "label"));
        await page.GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(page.Locator("#plain")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Page_WithAllItsFiles_WeighsLessThan100Kilobytes()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        await browser.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        var bytes = await browser.Page.EvaluateAsync<int>(
            """
            [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
              .filter(each => !each.name.includes('/v1/')).reduce((sum, each) => sum + each.decodedBodySize, 0)
            """);

        Assert.InRange(bytes, 20_000, 100_000);
    }

    [Fact]
    public async Task Known_BeforeAnyPhotograph_ListsTheClassesAndSearchesThem()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;
        await page.Locator("#known-title").ClickAsync();
        using var card = await service.Client.GetAsync(
            new Uri("v1/models/cifar-a", UriKind.Relative), TestContext.Current.CancellationToken);
        var names = List(Value(await card.JsonAsync(), "card"), "labels").Select(label => Text(label, "name")).ToArray();

        Assert.Equal(names.Order(StringComparer.OrdinalIgnoreCase), await browser.TextsAsync("#classes li"));
        await page.Locator("#search").FillAsync(names[3]);
        Assert.Equal([names[3]], await page.Locator("#classes li:visible").AllInnerTextsAsync());
        await page.Locator("#search").FillAsync("harpsichord");
        await Assertions.Expect(page.Locator("#found")).ToContainTextAsync("never learned \"harpsichord\"");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Drop_LinkOfAnotherSite_IsRefusedWithWhatToDo()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);

        await browser.Page.EvaluateAsync(
            """
            () => {
              const data = new DataTransfer();
              data.setData('text/uri-list', 'https://example.com/photograph.jpg');
              document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));
            }
            """);

        await Assertions.Expect(browser.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Save the picture first");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 320)]
    public async Task Models_ListAndCard_SayWhatIsServedWithoutConsoleErrors(ColorScheme colours, int width)
    {
        await using var browser = await chromium.OpenPageAsync(service.Address, colours, width);
        var page = browser.Page;
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Models" }).ClickAsync();
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("The service is ready.");
        Assert.Equal(["cifar-a", "cifar-b", "seven"], await browser.TextsAsync("td a"));

        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "cifar-a" }).ClickAsync();

        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("cifar-a version 1");
        await Assertions.Expect(page.Locator(".columns li")).ToHaveCountAsync(10);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Text_OnItsBackground_HasEnoughContrastForSmallText(ColorScheme colours)
    {
        await using var browser = await chromium.OpenPageAsync(service.Address, colours);
        await browser.Page.SetInputFilesAsync("#file", BrowserPage.Photograph);
        await Assertions.Expect(browser.Page.Locator("#predictions li")).ToHaveCountAsync(5);

        // WCAG 2.2, 1.4.3: relative luminances at 4.5 to 1.
        var faint = await browser.Page.EvaluateAsync<string[]>(
            """
            () => {
              const luminance = colour => {
                const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(value => value / 255)
                  .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const ground = element => {
                const colour = getComputedStyle(element).backgroundColor;
                return colour !== 'rgba(0, 0, 0, 0)' || !element.parentElement ? colour : ground(element.parentElement);
              };
              const texts = [...document.querySelectorAll('a, p, h1, h2, h3, .label, .number, .button, #crops span')]
                .filter(each => each.innerText.trim());
              return texts.filter(each => {
                const [a, b] = [luminance(getComputedStyle(each).color), luminance(ground(each))];
                return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
              }).map(each => each.innerText);
            }
            """);

        Assert.Empty(faint);
    }

    private static async Task TabToAsync(IPage page, string selector)
    {
        var wanted = page.Locator(selector);
        for (var i = 0; i < 60 && !await wanted.EvaluateAsync<bool>("element => element === document.activeElement"); i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await Assertions.Expect(wanted).ToBeFocusedAsync();
    }
}
