using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.Problems;

namespace AlexNetService.Api.FunctionalTests.Problems;

public sealed class ProblemTypeTests(SharedService service)
{
    public static TheoryData<string, string> Kinds
    {
        get
        {
            var kinds = new TheoryData<string, string>();
            foreach (var (name, kind) in ProblemKinds.ByName)
            {
                kinds.Add(name, kind.Title);
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Type_OfEveryKind_IsAnAddressThatExplainsIt(string name, string title)
    {
        using var response = await service.Client.GetAsync($"/problems/{name}", TestContext.Current.CancellationToken);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains($"<h1>{title}</h1>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Types_AllOfThem_AreOnOnePage()
    {
        var page = await service.Client.GetStringAsync("/problems", TestContext.Current.CancellationToken);

        Assert.All(ProblemKinds.ByName.Values, kind => Assert.Contains($"<h1>{kind.Title}</h1>", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Type_OfAProblem_LeadsToItsExplanation()
    {
        using var refused = await service.Client.GetAsync("/v1/models/nobody", TestContext.Current.CancellationToken);
        var type = Requests.Text(await refused.JsonAsync(), "type");

        Assert.Equal("/problems/there-is-no-such-model", type);
        using var explanation = await service.Client.GetAsync(type, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, explanation.StatusCode);
    }

    [Fact]
    public async Task Type_OfAModelWithoutFilters_IsNotThatOfAnEmptyBody()
    {
        using var refused = await service.Client.GetAsync("/v1/models/cifar-b/filters.png", TestContext.Current.CancellationToken);

        Assert.Equal("/problems/the-model-has-no-filter-picture", Requests.Text(await refused.JsonAsync(), "type"));
    }

    [Fact]
    public async Task Get_UnknownKind_Is404()
    {
        using var response = await service.Client.GetAsync("/problems/bad-weather", TestContext.Current.CancellationToken);

        await response.ProblemAsync(HttpStatusCode.NotFound);
    }
}
