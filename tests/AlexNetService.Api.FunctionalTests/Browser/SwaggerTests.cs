using AlexNetService.Api.FunctionalTests.Hosting;
using Microsoft.Playwright;

namespace AlexNetService.Api.FunctionalTests.Browser;

public sealed class SwaggerTests(SharedService service, Chromium chromium)
{
    [Fact]
    public async Task TryItOut_File_ReturnsTheTopFive()
    {
        await using var browser = await chromium.OpenAsync(new BrowserNewContextOptions());
        var page = browser.Page;
        await page.GotoAsync(new Uri(service.Address, "swagger/index.html").ToString());
        var route = page.Locator(".opblock-post", new() { Has = page.Locator("[data-path='/v1/classify']") });
        await route.Locator(".opblock-summary").ClickAsync();
        await route.GetByText("Try it out").ClickAsync();
        await route.Locator("select[aria-label='Request content type']").SelectOptionAsync("multipart/form-data");

        await route.Locator("input[type=file]").SetInputFilesAsync(
            new FilePayload { Name = "photograph.jpg", MimeType = "image/jpeg", Buffer = Pictures.Jpeg() });
        await route.GetByText("Execute").ClickAsync();

        var answer = route.Locator(".live-responses-table");
        await Assertions.Expect(answer.Locator(".response-col_status").Last).ToContainTextAsync("200");
        await Assertions.Expect(answer).ToContainTextAsync("\"rank\": 5");
        Assert.Equal([service.Address.Authority], browser.Hosts);
    }
}
