using System.Globalization;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using Microsoft.Playwright;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Browser;

/// <summary>What the page shows of an answer.</summary>
public sealed class AnswerTests(SharedService service, Chromium chromium)
{
    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task Choose_Photograph_ShowsBarsCropsMembersAndTimeWithoutConsoleErrors(ColorScheme colours, int width)
    {
        await using var browser = await chromium.OpenPageAsync(service.Address, colours, width);
        var page = browser.Page;

        await page.SetInputFilesAsync("#file", BrowserPage.Photograph);
        await page.Locator("#answer").WaitForAsync();

        var answer = await service.Client.ClassifyAsync();
        Assert.Equal(
            List(answer, "predictions").Select(prediction => Text(prediction, "label")), await browser.TextsAsync("#predictions .label"));
        await Assertions.Expect(page.Locator("#crops button")).ToHaveCountAsync(10);
        Assert.Equal(["cifar-a version 1", "cifar-b version 1"], await browser.TextsAsync("#members h3"));
        Assert.Contains("in the networks", await page.InnerTextAsync("#timing-caption"), StringComparison.Ordinal);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        Assert.Empty(browser.Complaints);
        Assert.Equal([new Uri(page.Url).Authority], browser.Hosts);
    }

    [Fact]
    public async Task WhereDidItLook_Photograph_PaintsEachPartAsStrongAsItsFallAndSaysHowMuch()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;
        await page.SetInputFilesAsync("#file", BrowserPage.Photograph);
        using var response = await service.Client.PostAsync(
            "/v1/explain", Raw(BrowserPage.Photograph.Buffer), TestContext.Current.CancellationToken);
        var map = await response.JsonAsync();
        var (label, probability) = (Text(Value(map, "class"), "label"), Number<float>(map, "probability"));

        await page.GetByText("Where did it look?").ClickAsync();

        // A map is more than a hundred answers.
        await Assertions.Expect(page.Locator("#occlusion")).ToBeVisibleAsync(new() { Timeout = 60_000 });

        Assert.Equal([label], (await browser.TextsAsync("#predictions .label")).Take(1));
        Assert.Contains(label, await page.InnerTextAsync("#explain-status"), StringComparison.Ordinal);
        Assert.Contains(Percent(probability), await page.InnerTextAsync("#scale-end"), StringComparison.Ordinal);
        var most = List(map, "falls").SelectMany(row => row.AsArray()).Max(fall => fall?.GetValue<float>() ?? 0);
        Assert.Equal(
            100 * Math.Clamp(most / probability, 0, 1),
            await page.EvaluateAsync<float>("parseFloat(document.getElementById('most').style.left)"),
            0.01f);
        var strengths = await page.EvaluateAsync<int[]>(
            """
            () => {
              const layer = document.getElementById('occlusion');
              return [...layer.getContext('2d').getImageData(0, 0, layer.width, layer.height).data].filter((_, i) => i % 4 === 3);
            }
            """);
        Assert.All(Strengths(map).Zip(strengths), pair => Assert.Equal(pair.First, pair.Second, 1.0));
        await page.GetByText("Hide the map").ClickAsync();
        await Assertions.Expect(page.Locator("#occlusion")).ToBeHiddenAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Crops_Photograph_HaveTheirProbabilitiesTheirOwnOpinionsAndTheirPlaces()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;
        await page.SetInputFilesAsync("#file", BrowserPage.Photograph);
        await Assertions.Expect(page.Locator("#crops button")).ToHaveCountAsync(10);
        var answer = await service.Client.ClassifyAsync("?views=true", Raw(BrowserPage.Photograph.Buffer));
        var crops = List(Value(answer, "views"), "crops");

        Assert.Equal(
            crops.Select(crop => Number<float>(crop, "probability").ToString("0%", CultureInfo.InvariantCulture)),
            await browser.TextsAsync("#crops span"));
        var winner = List(answer, "predictions")[0];
        Assert.Contains(
            $"the mean is {Percent(Number<float>(winner, "probability"))}",
            await page.InnerTextAsync("#crops-caption"),
            StringComparison.Ordinal);
        Assert.Equal(
            crops.Count(crop => Number<int>(Value(crop, "prediction"), "index") != Number<int>(winner, "index")),
            await page.Locator("#crops .other").CountAsync());

        await page.Locator("#crop-opinions summary").ClickAsync();
        Assert.Equal(
            crops.Select(crop => Text(Value(crop, "prediction"), "label")),
            (await browser.TextsAsync("#crop-opinions .label")).Select(text => text.Split(": ")[1]));
        await page.Locator("#crops button").Nth(3).ClickAsync();
        Assert.StartsWith("Bottom right: alone, it says ", await page.InnerTextAsync("#crops-caption"), StringComparison.Ordinal);
        Assert.Equal(["12.5%", "12.5%", "87.5%", "87.5%"], await page.EvaluateAsync<string[]>(
            "['top', 'left', 'width', 'height'].map(side => document.getElementById('window').style[side])"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Opinions_TwoNetworks_SayWhetherTheyAgree()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        await browser.Page.SetInputFilesAsync("#file", BrowserPage.Photograph);
        await Assertions.Expect(browser.Page.Locator("#members h3")).ToHaveCountAsync(2);
        var answer = await service.Client.ClassifyAsync("?detail=true", Raw(BrowserPage.Photograph.Buffer));
        var winner = Text(List(answer, "predictions")[0], "label");
        var others = List(answer, "models")
            .Select(model => (Name: Text(model, "name"), Label: Text(List(model, "predictions")[0], "label")))
            .Where(model => model.Label != winner)
            .Select(model => $"{model.Name} says {model.Label}");

        var text = await browser.Page.InnerTextAsync("#agreement");

        Assert.Equal(others.Any() ? $"They disagree: {string.Join(", ", others)}. The mean decides." : $"All say {winner}.", text);
        Assert.Equal(2, await browser.Page.EvaluateAsync<int>(
            "getComputedStyle(document.getElementById('members')).gridTemplateColumns.split(' ').length"));
    }

    [Fact]
    public async Task Choose_FormatThatTheBrowserCannotShow_ShowsTheCanvasInstead()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;

        await page.SetInputFilesAsync(
            "#file", new FilePayload { Name = "photograph.tif", MimeType = "image/tiff", Buffer = Pictures.Encode(1, ".tif") });

        await Assertions.Expect(page.Locator("#crops button")).ToHaveCountAsync(10);
        Assert.Equal(new[] { 32, 32 }, await page.EvaluateAsync<int[]>(
            "['preview', 'shrunk'].map(id => document.getElementById(id).naturalWidth)"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Answer_OnAPhone_ComesIntoViewGetsTheFocusAndIsSaid()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address, width: 390);
        var page = browser.Page;

        await page.SetInputFilesAsync("#file", BrowserPage.Photograph);

        await Assertions.Expect(page.Locator("#predictions-title")).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator("#predictions")).ToBeInViewportAsync(new() { Ratio = 1 });
        var winner = List(await service.Client.ClassifyAsync("", Raw(BrowserPage.Photograph.Buffer)), "predictions")[0];
        var said = page.Locator("#said[role=status]");
        await Assertions.Expect(said).ToContainTextAsync($"{Text(winner, "label")}, {Percent(Number<float>(winner, "probability"))}");
    }

    [Fact]
    public async Task Choose_FileThatIsNotAPicture_ShowsAnErrorAndTheNextOneIsClassified()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;

        await page.SetInputFilesAsync("#file", new FilePayload { Name = "letter.jpg", MimeType = "image/jpeg", Buffer = new byte[500] });

        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The picture cannot be decoded");
        await Assertions.Expect(page.Locator("#answer")).ToBeHiddenAsync();
        await page.SetInputFilesAsync("#file", BrowserPage.Photograph);
        await Assertions.Expect(page.Locator("#predictions li")).ToHaveCountAsync(5);
        await Assertions.Expect(page.Locator("#error")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Choose_SeveralFiles_ShowsEachAnswerOrErrorAndOpensOne()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;

        await page.SetInputFilesAsync(
            "#file", [BrowserPage.Photograph, new FilePayload { Name = "letter.jpg", MimeType = "image/jpeg", Buffer = new byte[500] }]);
        await Assertions.Expect(page.Locator("#sheet .card")).ToHaveCountAsync(2);
        var cards = await browser.TextsAsync("#sheet .card");
        await page.Locator("#sheet .card").First.ClickAsync();
        await Assertions.Expect(page.Locator("#predictions li")).ToHaveCountAsync(5);

        Assert.Contains(Text(List(await service.Client.ClassifyAsync(), "predictions")[0], "label"), cards[0], StringComparison.Ordinal);
        Assert.Contains("cannot be decoded", cards[1], StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Settings_OneCropOfOneNetwork_AreInTheAddressTheRequestAndItsCode()
    {
        await using var browser = await chromium.OpenPageAsync(service.Address);
        var page = browser.Page;
        await page.SetInputFilesAsync("#file", BrowserPage.Photograph);
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

    /// <summary>[canvas × canvas], 0..215: how strongly each pixel is painted, the mean over the squares that covered it.</summary>
    private static double[] Strengths(JsonNode map)
    {
        var (canvas, window) = (Number<int>(map, "canvas"), Number<int>(map, "window"));
        var offsets = List(map, "offsets").Select(offset => offset.GetValue<int>()).ToArray();
        return
        [
            .. from y in Enumerable.Range(0, canvas)
               from x in Enumerable.Range(0, canvas)
               let falls = from row in offsets.Index()
                           from column in offsets.Index()
                           where y >= row.Item && y < row.Item + window && x >= column.Item && x < column.Item + window
                           select List(map, "falls")[row.Index][column.Index]?.GetValue<float>() ?? 0
               select 215 * Math.Min(1, Math.Abs(falls.Average()) / Number<float>(map, "probability")),
        ];
    }

    private static string Percent(float share) => share.ToString("0.0%", CultureInfo.InvariantCulture);
}
