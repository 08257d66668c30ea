using System.Net;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Classify;

public sealed class ClassifyProblemTests(SharedService service)
{
    private readonly HttpClient client = service.Client;

    [Theory]
    [InlineData("?top=0", "1 to 100")]
    [InlineData("?top=101", "1 to 100")]
    [InlineData("?top=five", "'five'")]
    [InlineData("?top=", "1 to 100")]
    [InlineData("?top=1&top=2", "1 to 100")]
    [InlineData("?crops=5", "1 (centre) or 10")]
    [InlineData("?crops=-1", "1 (centre) or 10")]
    [InlineData("?models=cifar-a,,cifar-b", "single commas")]
    [InlineData("?models=", "single commas")]
    [InlineData("?models=cifar-a,seven", "different labels")]
    [InlineData("?detail=maybe", "true or false")]
    [InlineData("?minConfidence=often", "from 0 to 1")]
    [InlineData("?minConfidence=90", "from 0 to 1")]
    public async Task Classify_InvalidParameter_Is400WithTheAllowedValues(string query, string what) =>
        Assert.Contains(what, await client.RefusedAsync(HttpStatusCode.BadRequest, Raw(Pictures.Jpeg()), query), StringComparison.Ordinal);

    [Fact]
    public async Task Classify_UnknownModel_Is404AndListsTheAvailableOnes() => Assert.Equal(
        "'nobody' is not served. Available: cifar-a, cifar-b, seven.",
        await client.RefusedAsync(HttpStatusCode.NotFound, Raw(Pictures.Jpeg()), "?models=cifar-a,nobody"));

    [Theory]
    [InlineData("text/plain")]
    [InlineData("image/svg+xml")]
    [InlineData("image/heic")]
    [InlineData("application/pdf")]
    public async Task Classify_UnsupportedType_Is415WithTheSupportedOnes(string type) => Assert.Contains(
        "image/jpeg", await client.RefusedAsync(HttpStatusCode.UnsupportedMediaType, Raw(Pictures.Jpeg(), type)), StringComparison.Ordinal);

    [Fact]
    public async Task Classify_FieldOfUnsupportedType_Is415() =>
        await client.RefusedAsync(HttpStatusCode.UnsupportedMediaType, Form(Pictures.Jpeg(), type: "text/plain"));

    [Theory]
    [InlineData("text", HttpStatusCode.UnprocessableEntity)]
    [InlineData("empty", HttpStatusCode.BadRequest)]
    [InlineData("truncated", HttpStatusCode.UnprocessableEntity)]
    [InlineData("enormous", HttpStatusCode.UnprocessableEntity)]
    public async Task Classify_InvalidPicture_IsRefusedRawAndAsFormAndTheNextOneIsAnswered(string kind, HttpStatusCode status)
    {
        var bytes = kind switch
        {
            "text" => Encoding.UTF8.GetBytes("This is a text and no picture.\n"),
            "empty" => [],
            "truncated" => Pictures.TruncatedJpeg(),
            _ => Pictures.EnormousPng(),
        };

        await client.RefusedAsync(status, Raw(bytes));
        await client.RefusedAsync(status, Form(bytes));

        Assert.Equal(5, List(await client.ClassifyAsync(), "predictions").Count);
    }

    [Fact]
    public async Task Classify_FormWithoutThePicture_Is400AndNamesTheField() =>
        Assert.Equal(
            "Unknown form field 'picture'. "
            + "This route takes image, file, photo, images[], top, crops, models, detail, views, minConfidence.",
            await client.RefusedAsync(HttpStatusCode.BadRequest, Form(Pictures.Jpeg(), "picture")));

    [Fact]
    public async Task Classify_FormWithTwoPictures_Is400()
    {
        using var form =
            new MultipartFormDataContent { { Raw(Pictures.Jpeg()), "image", "a.jpg" }, { Raw(Pictures.Jpeg()), "image", "b.jpg" } };

        await client.RefusedAsync(HttpStatusCode.BadRequest, form);
    }

    [Theory]
    [InlineData("multipart/form-data", "--x\r\n")]
    [InlineData("multipart/form-data; boundary=x", "no boundary in here")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nhalf of")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nthis is no header\r\n\r\n--x--\r\n")]
    [InlineData("multipart/form-data; boundary=x", "")]
    [InlineData("multipart/form-data; boundary=0123456789012345678901234567890123456789012345678901234567890123456789x", "--x--")]
    public async Task Classify_MalformedForm_Is400(string type, string body) =>
        await client.RefusedAsync(HttpStatusCode.BadRequest, Raw(Encoding.UTF8.GetBytes(body), type));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Classify_BodyOf30Megabytes_Is413WithALengthAndWithoutOne(bool chunked, bool form)
    {
        var bytes = new byte[30_000_000];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/classify") { Content = form ? Form(bytes) : Raw(bytes) };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains("20,000,000", await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge), StringComparison.Ordinal);
        Assert.Equal(5, List(await client.ClassifyAsync(), "predictions").Count);
    }

    [Fact]
    public async Task Classify_ClientThatDoesNotAcceptJson_Is406AsText()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/classify") { Content = Raw(Pictures.Jpeg()) };
        request.Headers.Accept.ParseAdd("image/png");

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.NotAcceptable, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains(
            "application/json", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
