using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Imaging;

namespace AlexNetService.Api.FunctionalTests.Pages;

public sealed class PageTests(SharedService service)
{
    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/page.js", "text/javascript")]
    [InlineData("/service.js", "text/javascript")]
    [InlineData("/answer.js", "text/javascript")]
    [InlineData("/crops.js", "text/javascript")]
    [InlineData("/occlusion.js", "text/javascript")]
    [InlineData("/page.css", "text/css")]
    [InlineData("/examples.js", "text/javascript")]
    public async Task Get_PartOfThePage_IsServedAndRefersToNoOtherHost(string path, string type)
    {
        using var response = await service.Client.GetAsync(path, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain("//", text.Replace("// ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Page_OffersFilesOfEverySupportedType() => Assert.Contains(
        $"accept=\"{string.Join(',', ImageFormats.ContentTypes)}\"",
        await service.Client.GetStringAsync("/", TestContext.Current.CancellationToken),
        StringComparison.Ordinal);
}
