using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Routes;
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

    [Fact]
    public async Task TryItOut_EveryRouteAsItStands_Succeeds()
    {
        await using var host = new ServiceHost(service.Repository);
        using var client = await host.ReadyClientAsync();
        await using var browser = await chromium.OpenAsync(new BrowserNewContextOptions());
        var page = browser.Page;
        await page.GotoAsync(new Uri(client.BaseAddress ?? service.Address, "swagger/index.html").ToString());
        await page.Locator(".opblock").First.WaitForAsync();
        var failed = new List<string>();
        var routes = await page.Locator(".opblock").AllAsync();
        Assert.InRange(routes.Count, 20, 40);
        foreach (var route in routes)
        {
            await route.Locator(".opblock-summary-control").ClickAsync();
            var path = await route.Locator(".opblock-summary-path").GetAttributeAsync("data-path") ?? "";
            await route.GetByText("Try it out").ClickAsync();
            if (await route.Locator("select[aria-label='Request content type'] option[value='multipart/form-data']").CountAsync() > 0)
            {
                await route.Locator("select[aria-label='Request content type']").SelectOptionAsync("multipart/form-data");
            }

            if (path == EveryRoute.Batch)
            {
                await route.GetByText("Add string item").ClickAsync();
            }

            if (await route.Locator("input[type=file]").CountAsync() > 0)
            {
                await route.Locator("input[type=file]").First.SetInputFilesAsync(
                    new FilePayload { Name = "photograph.jpg", MimeType = "image/jpeg", Buffer = Pictures.Jpeg() });
            }

            await route.GetByText("Execute").ClickAsync();
            var status = await route.Locator(".live-responses-table .response-col_status").Last.InnerTextAsync();

            // The model of the examples answers by default, and such a model stays.
            var expected = path.EndsWith("/unload", StringComparison.Ordinal) ? "409" : "20";
            if (!status.TrimStart().StartsWith(expected, StringComparison.Ordinal))
            {
                failed.Add($"{path}: {status} {await route.Locator(".live-responses-table").InnerTextAsync()}");
            }

            await route.Locator(".opblock-summary-control").ClickAsync();
        }

        Assert.Empty(failed);
    }
}
