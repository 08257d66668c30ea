using AlexNetService.Api.FunctionalTests.Hosting;
using Microsoft.Playwright;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Browser;

public sealed class PageTests(SharedService service, Chromium chromium)
{
    private static readonly FilePayload Photograph = new() { Name = "photograph.jpg", MimeType = "image/jpeg", Buffer = Pictures.Jpeg() };

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task Choose_Photograph_ShowsBarsCropsMembersAndTimeWithoutConsoleErrors(ColorScheme colours, int width)
    {
        await using var browser = await OpenAsync(colours, width);
        var page = browser.Page;

        await page.SetInputFilesAsync("#file", Photograph);
        await page.Locator("#answer").WaitForAsync();

        var answer = await service.Client.ClassifyAsync();
        Assert.Equal(
            List(answer, "predictions").Select(prediction => Text(prediction, "label")), await browser.TextsAsync("#predictions .label"));
        await Assertions.Expect(page.Locator("#crops button")).ToHaveCountAsync(10);
        Assert.Equal(["cifar-a 1", "cifar-b 1"], await browser.TextsAsync("#members h3"));
        Assert.Contains("in the networks", await page.InnerTextAsync("#timing-caption"), StringComparison.Ordinal);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        Assert.Empty(browser.Complaints);
        Assert.Equal([new Uri(page.Url).Authority], browser.Hosts);
    }

    [Fact]
    public async Task Keyboard_Alone_ChoosesAPhotographAndACrop()
    {
        await using var browser = await OpenAsync();
        var page = browser.Page;

        // Requested early: Playwright enables interception of the file dialogue without waiting for it.
        var dialogue = page.WaitForFileChooserAsync();
        await TabToAsync(page, "#file");
        await page.Keyboard.PressAsync("Enter");
        await (await dialogue).SetFilesAsync(Photograph);
        await Assertions.Expect(page.Locator("#crops button")).ToHaveCountAsync(10);
        await TabToAsync(page, "#crops button:nth-child(8)");
        await page.Keyboard.PressAsync("Space");

        Assert.Equal(["bottom left, mirrored"], await page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('#crops [aria-pressed=true]')].map(button => button.ariaLabel)"));
        Assert.Equal(1, await page.Locator("#windows rect.chosen").CountAsync());
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData("drop", "DragEvent", "dataTransfer")]
    [InlineData("paste", "ClipboardEvent", "clipboardData")]
    public async Task Page_DroppedOrPastedPhotograph_IsClassified(string kind, string type, string carrier)
    {
        await using var browser = await OpenAsync();
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
            new[] { Convert.ToBase64String(Photograph.Buffer), kind, type, carrier });

        await Assertions.Expect(page.Locator("#predictions li")).ToHaveCountAsync(5);
    }

    [Fact]
    public async Task MakeTheMap_Photograph_ShowsTheMapOverThePictureWithACaption()
    {
        await using var browser = await OpenAsync();
        var page = browser.Page;
        await page.SetInputFilesAsync("#file", Photograph);

        await page.GetByText("Make the map").ClickAsync();

        await Assertions.Expect(page.Locator("#occlusion")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#explain-status")).ToContainTextAsync("cifar-a, centre crop: ");

        // Dark if hiding the part changed nothing, clear if it changed most.
        Assert.Equal(new[] { 0, 190 }, await page.EvaluateAsync<int[]>(
            """
            () => {
              const layer = document.getElementById('occlusion');
              const darkness = layer.getContext('2d').getImageData(0, 0, layer.width, layer.height).data.filter((_, i) => i % 4 === 3);
              return [Math.min(...darkness), Math.max(...darkness)];
            }
            """));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Choose_FileThatIsNotAPicture_ShowsAnErrorAndTheNextOneIsClassified()
    {
        await using var browser = await OpenAsync();
        var page = browser.Page;

        await page.SetInputFilesAsync("#file", new FilePayload { Name = "letter.jpg", MimeType = "image/jpeg", Buffer = new byte[500] });

        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The picture cannot be decoded");
        await Assertions.Expect(page.Locator("#answer")).ToBeHiddenAsync();
        await page.SetInputFilesAsync("#file", Photograph);
        await Assertions.Expect(page.Locator("#predictions li")).ToHaveCountAsync(5);
        await Assertions.Expect(page.Locator("#error")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Known_BeforeAnyPhotograph_ListsTheClassesAndSearchesThem()
    {
        await using var browser = await OpenAsync();
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
    public async Task Choose_SeveralFiles_ShowsEachAnswerOrErrorAndOpensOne()
    {
        await using var browser = await OpenAsync();
        var page = browser.Page;

        await page.SetInputFilesAsync(
            "#file", [Photograph, new FilePayload { Name = "letter.jpg", MimeType = "image/jpeg", Buffer = new byte[500] }]);
        await Assertions.Expect(page.Locator("#sheet .card")).ToHaveCountAsync(2);
        var cards = await browser.TextsAsync("#sheet .card");
        await page.Locator("#sheet .card").First.ClickAsync();
        await Assertions.Expect(page.Locator("#predictions li")).ToHaveCountAsync(5);

        Assert.Contains(Text(List(await service.Client.ClassifyAsync(), "predictions")[0], "label"), cards[0], StringComparison.Ordinal);
        Assert.Contains("cannot be decoded", cards[1], StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Drop_LinkOfAnotherSite_IsRefusedWithWhatToDo()
    {
        await using var browser = await OpenAsync();

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

    [Fact]
    public async Task Settings_OneCropOfOneNetwork_AreInTheAddressTheRequestAndItsCode()
    {
        await using var browser = await OpenAsync();
        var page = browser.Page;
        await page.SetInputFilesAsync("#file", Photograph);
        await Assertions.Expect(page.Locator("#members h3")).ToHaveCountAsync(2);

        await page.Locator("#settings summary").ClickAsync();
        await page.GetByLabel("cifar-b").UncheckAsync();
        await page.Locator("#crops-setting").SelectOptionAsync("1");
        await Assertions.Expect(page.Locator("#members h3")).ToHaveCountAsync(1);
        await page.Locator("#program summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Python" }).ClickAsync();

        Assert.Equal("?crops=1&models=cifar-a", new Uri(page.Url).Query);
        Assert.Contains("/v1/classify?crops=1&models=cifar-a", await page.InnerTextAsync("#code"), StringComparison.Ordinal);
        Assert.Contains("\"crops\": 1", await page.InnerTextAsync("#json"), StringComparison.Ordinal);
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("#crops-setting")).ToHaveValueAsync("1");
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 320)]
    public async Task Models_ListAndCard_SayWhatIsServedWithoutConsoleErrors(ColorScheme colours, int width)
    {
        await using var browser = await OpenAsync(colours, width);
        var page = browser.Page;
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Models" }).ClickAsync();
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("The service is ready.");
        Assert.Equal(["cifar-a", "cifar-b", "seven"], await browser.TextsAsync("td a"));

        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "cifar-a" }).ClickAsync();

        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("cifar-a 1");
        await Assertions.Expect(page.Locator(".columns li")).ToHaveCountAsync(10);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Text_OnItsBackground_HasEnoughContrastForSmallText(ColorScheme colours)
    {
        await using var browser = await OpenAsync(colours);
        await browser.Page.SetInputFilesAsync("#file", Photograph);
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
              const texts =
                  [...document.querySelectorAll('a, p, h1, h2, h3, .label, .number, .button')].filter(each => each.innerText.trim());
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

    private async Task<BrowserPage> OpenAsync(ColorScheme colours = ColorScheme.Light, int width = 1280)
    {
        var browser = await chromium.OpenAsync(new BrowserNewContextOptions
        {
            ColorScheme = colours,
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
        });
        await browser.Page.GotoAsync(service.Address.ToString());
        await Assertions.Expect(browser.Page.Locator("#ensemble")).ToContainTextAsync("networks");
        return browser;
    }
}
