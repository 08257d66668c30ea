using System.Net;
using System.Net.Http.Headers;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Api.FunctionalTests.Models;

public sealed class FiltersTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Fact]
    public async Task Filters_PackageWithAPicture_ReturnTheFileWithATag()
    {
        using var response = await client.GetAsync("/v1/models/cifar-a/filters.png", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "image/png"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal(Pictures.Encode(1, ".png"), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.True(response.Headers.CacheControl?.NoCache);
        Assert.False(response.Headers.ETag?.IsWeak);
    }

    [Fact]
    public async Task Filters_KnownTag_Is304AndAnotherTagReturnsThePicture()
    {
        using var first = await client.GetAsync("/v1/models/cifar-a/filters.png", TestContext.Current.CancellationToken);
        var tag = first.Headers.ETag ?? throw new InvalidOperationException("There is no tag.");

        using var again = await Asked(tag);
        using var other = await Asked(new EntityTagHeaderValue("\"other\""));

        using var head = await Asked(tag, HttpMethod.Head);

        Assert.Equal((HttpStatusCode.NotModified, HttpStatusCode.NotModified), (again.StatusCode, head.StatusCode));
        Assert.Equal(tag, again.Headers.ETag);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Theory]
    [InlineData("cifar-b", "Export the model again")]
    [InlineData("nobody", "'nobody' is not served")]
    public async Task Filters_NoPictureOrNoModel_Is404WithTheRemedy(string name, string what)
    {
        using var response = await client.GetAsync($"/v1/models/{name}/filters.png", TestContext.Current.CancellationToken);

        Assert.Contains(what, await response.ProblemAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("folder")]
    [InlineData("link out of the package")]
    [InlineData("link to itself")]
    public async Task Filters_FileThatChangesAfterTheLoad_StillReturnThePicture(string change)
    {
        using var repository = new TestRepository();
        await using var host = new ServiceHost(repository);
        using var own = await host.ReadyClientAsync();
        var file = Path.Combine(repository.Root, "cifar-a", "1", ModelPackage.DefaultFiltersFile);
        File.Delete(file);
        switch (change)
        {
            case "folder":
                Directory.CreateDirectory(file);
                break;
            case "link out of the package":
                File.CreateSymbolicLink(file, Path.Combine(repository.Root, "cifar-b", "1", ModelPackage.CardFile));
                break;
            case "link to itself":
                File.CreateSymbolicLink(file, file);
                break;
        }

        using var response = await own.GetAsync("/v1/models/cifar-a/filters.png", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Pictures.Encode(1, ".png"), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Filters_ClientThatDoesNotAcceptPng_Is406()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models/cifar-a/filters.png");
        request.Headers.Accept.ParseAdd("application/json");

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains("image/png", await response.ProblemAsync(HttpStatusCode.NotAcceptable), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> Asked(EntityTagHeaderValue tag, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, "/v1/models/cifar-a/filters.png");
        request.Headers.IfNoneMatch.Add(tag);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
