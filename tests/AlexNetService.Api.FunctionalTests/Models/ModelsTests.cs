using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Models;

public sealed class ModelsTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Fact]
    public async Task Models_List_NamesModelsAndDevices()
    {
        using var response = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        var answer = await response.JsonAsync();

        Assert.Equal(
            [
                ("cifar-a", 1, "cpu", "CPUExecutionProvider", 10),
                ("cifar-b", 1, "cpu", "CPUExecutionProvider", 10),
                ("seven", 1, "cpu", "CPUExecutionProvider", 7),
            ],
            List(answer, "models").Select(model => (
                Text(model, "name"), Number<int>(model, "version"), Text(model, "device"), Text(model, "provider"),
                Number<int>(model, "classes"))));
        Assert.Equal(["cifar-a", "cifar-b"], List(answer, "default").Select(member => Text(member, "name")));
    }

    [Fact]
    public async Task Models_One_ShowsItsCard()
    {
        using var response = await client.GetAsync("/v1/models/cifar-b", TestContext.Current.CancellationToken);
        var answer = await response.JsonAsync();

        Assert.Equal(("cifar-b", "cpu"), (Text(answer, "name"), Text(answer, "device")));
        var card = answer["card"] ?? throw new InvalidOperationException("There is no card.");
        Assert.Equal(10, List(card, "labels").Count);
        Assert.Equal("uint8", Text(card["preprocessing"] ?? card, "type"));
        Assert.Equal("convolution", Text(List(card["architecture"] ?? card, "layers")[1], "kind"));
        Assert.Equal(64, Text(card["graph"] ?? card, "sha256").Length);
    }

    [Fact]
    public async Task Models_UnknownName_Is404AndListsTheAvailableOnes()
    {
        using var response = await client.GetAsync("/v1/models/nobody", TestContext.Current.CancellationToken);

        Assert.Contains("cifar-a, cifar-b, seven", await response.ProblemAsync(HttpStatusCode.NotFound), StringComparison.Ordinal);
    }
}
