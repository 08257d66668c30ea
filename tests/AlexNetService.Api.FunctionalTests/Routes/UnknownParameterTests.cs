using System.Net;
using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.Routes;

public sealed class UnknownParameterTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public static TheoryData<string> All => [.. EveryRoute.Closed];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Send_UnknownQueryParameter_Is400OnEveryRoute(string path)
    {
        using var request = EveryRoute.Request(path);
        request.RequestUri = new Uri($"{path}?verbosity=3", UriKind.Relative);
        using var response = await service.Client.SendAsync(request, none);

        Assert.Contains(
            "Unknown query parameter 'verbosity'", await response.ProblemAsync(HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "/v1/classify", "?top_k=1", "'top_k'. Did you mean 'top'? This route takes top, crops, models, detail, views, minConfidence.")]
    [InlineData(
        "/v1/classify", "?top=1&TOPK=1", "'TOPK'. Did you mean 'top'? This route takes top, crops, models, detail, views, minConfidence.")]
    [InlineData("/v1/classify", "?=1", "''. This route takes top, crops, models, detail, views, minConfidence.")]
    [InlineData(
        "/v1/classify/batch",
        "?model=seven",
        "'model'. Did you mean 'models'? This route takes top, crops, models, detail, views, minConfidence.")]
    [InlineData("/v1/features", "?normalize=true", "'normalize'. Did you mean 'normalise'? This route takes models, crops, normalise.")]
    [InlineData("/v1/features", "?top=1", "'top'. This route takes models, crops, normalise.")]
    [InlineData(
        "/v1/explain", "?klass=1", "'klass'. Did you mean 'class'? This route takes models, crops, class, window, stride, overlay.")]
    public async Task Post_UnknownQueryParameter_NamesTheNearestAndTheKnownOnes(string path, string query, string detail)
    {
        using var request = EveryRoute.Request(path);
        request.RequestUri = new Uri(path + query, UriKind.Relative);
        using var response = await service.Client.SendAsync(request, none);

        Assert.Equal($"Unknown query parameter {detail}", await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Get_UnknownQueryParameter_SaysThatTheRouteTakesNone()
    {
        using var response = await service.Client.GetAsync("/v1/models?name=seven", none);

        Assert.Equal(
            "Unknown query parameter 'name'. This route takes no query parameters.",
            await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Post_KnownQueryParameterInCapitals_IsAccepted()
    {
        using var response = await service.Client.PostAsync("/v1/classify?TOP=1", Requests.Raw(Pictures.Jpeg()), none);

        Assert.Single(Requests.List(await response.JsonAsync(), "predictions"));
    }

    [Theory]
    [InlineData(
        "/v1/classify",
        "caption",
        "'caption'. This route takes image, file, photo, images[], top, crops, models, detail, views, minConfidence.")]
    [InlineData(
        "/v1/features",
        "images",
        "'images'. Did you mean 'image'? This route takes image, file, photo, images[], models, crops, normalise.")]
    [InlineData(
        "/v1/explain",
        "photograph",
        "'photograph'. This route takes image, file, photo, images[], models, crops, class, window, stride, overlay.")]
    [InlineData(
        "/v1/classify/batch",
        "image",
        "'image'. Did you mean 'images'? This route takes images, images[], top, crops, models, detail, views, minConfidence.")]
    public async Task Post_UnknownFormField_Is400AndNamesTheKnownOne(string path, string field, string detail)
    {
        using var form = Requests.Form(Pictures.Jpeg(), path == EveryRoute.Batch ? "images" : "image");
        form.Add(Requests.Raw(Pictures.Jpeg()), field, "photo.jpg");
        using var response = await service.Client.PostAsync(path, form, none);

        Assert.Equal($"Unknown form field {detail}", await response.ProblemAsync(HttpStatusCode.BadRequest));
    }
}
