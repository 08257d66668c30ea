using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.Routes;
using static AlexNetService.Api.FunctionalTests.Hosting.Requests;

namespace AlexNetService.Api.FunctionalTests.Classify;

/// <summary>Ways in which programs send pictures without having read the documentation.</summary>
public sealed class NaturalPostTests(SharedService service)
{
    private readonly HttpClient client = service.Client;
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    public static TheoryData<string, string> SingleRoutesAndFields
    {
        get
        {
            string[] names = ["image", "file", "photo", "images[]"];
            var pairs = new TheoryData<string, string>();
            foreach (var route in EveryRoute.Posts.Where(route => route != EveryRoute.Batch))
            {
                Array.ForEach(names, name => pairs.Add(route, name));
            }

            return pairs;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("image/jpg")]
    [InlineData("image/pjpeg")]
    [InlineData("IMAGE/PJPEG; charset=binary")]
    [InlineData("application/octet-stream")]
    [InlineData("binary/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Classify_RawPictureOfAVagueType_IsAnsweredByItsBytes(string? type) =>
        await AssertSameAsync(await client.ClassifyAsync("?top=10", Raw(Pictures.Jpeg(), type)));

    [Theory]
    [InlineData(null)]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("binary/octet-stream")]
    public async Task Classify_RawTextOfAVagueType_Is422(string? type) =>
        await client.RefusedAsync(HttpStatusCode.UnprocessableEntity, Raw("image=photo.jpg"u8.ToArray(), type));

    [Theory, MemberData(nameof(SingleRoutesAndFields))]
    public async Task Post_FieldOfAnyUsualName_IsAnswered(string route, string field)
    {
        using var response = await client.PostAsync(route, Form(Pictures.Jpeg(), field), none);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Batch_FieldsWithBrackets_AreAnswered()
    {
        using var form = Form(Pictures.Jpeg(), "images[]");
        form.Add(Raw(Pictures.Jpeg(2)), "images[]", "b.jpg");
        using var response = await client.PostAsync(EveryRoute.Batch, form, none);

        Assert.Equal(2, List(await response.JsonAsync(), "results").Count);
    }

    [Fact]
    public async Task Classify_FieldsOfTwoNames_Is400()
    {
        using var form = Form(Pictures.Jpeg());
        form.Add(Raw(Pictures.Jpeg(2)), "file", "b.jpg");

        Assert.Contains("more than one picture", await client.RefusedAsync(HttpStatusCode.BadRequest, form), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/classify")]
    [InlineData("/v1/features")]
    [InlineData("/v1/explain")]
    public async Task Put_File_IsAnsweredLikePost(string route)
    {
        using var response = await client.PutAsync(route, Raw(Pictures.Jpeg(), type: null), none);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Classify_ParametersInTheForm_AreThoseOfTheQuery()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("3"), "top" },
            { Raw(Pictures.Jpeg()), "image", "photo.jpg" },
            { new StringContent("1"), "CROPS" },
            { new StringContent("cifar-b"), "models" },
        };

        var answer = await client.ClassifyAsync("", form);

        var expected = await client.ClassifyAsync("?top=3&crops=1&models=cifar-b");
        Assert.Equal(
            List(expected, "predictions").Select(each => each.ToJsonString()),
            List(answer, "predictions").Select(each => each.ToJsonString()));
        Assert.Equal(1, Number<int>(answer, "crops"));
        Assert.Equal("cifar-b", Text(Assert.Single(List(answer, "models")), "name"));
    }

    [Theory]
    [InlineData("top", "none", "1 to 100")]
    [InlineData("topp", "3", "Unknown form field 'topp'. Did you mean 'top'?")]
    [InlineData("models", "cifar-a,,cifar-b", "single commas")]
    public async Task Classify_BadParameterInTheForm_Is400AndNamesIt(string name, string value, string what)
    {
        using var form = Form(Pictures.Jpeg());
        form.Add(new StringContent(value), name);

        Assert.Contains(what, await client.RefusedAsync(HttpStatusCode.BadRequest, form), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?top=3", 1, "top was sent more than once")]
    [InlineData("", 2, "top was sent more than once")]
    public async Task Classify_ParameterSentTwice_Is400(string query, int times, string what)
    {
        using var form = Form(Pictures.Jpeg());
        for (; times > 0; times--)
        {
            form.Add(new StringContent("3"), "top");
        }

        Assert.Contains(what, await client.RefusedAsync(HttpStatusCode.BadRequest, form, query), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_LongParameterInTheForm_Is400()
    {
        using var form = Form(Pictures.Jpeg());
        form.Add(new StringContent(new string('1', 4097)), "top");

        Assert.Contains("4096 bytes", await client.RefusedAsync(HttpStatusCode.BadRequest, form), StringComparison.Ordinal);
        using var json = JsonContent.Create(new { image = Pictures.Jpeg(), top = new string('1', 4097) });
        Assert.Contains("4096 bytes", await client.RefusedAsync(HttpStatusCode.BadRequest, json), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_JsonWithBase64_IsAnsweredWithItsParameters()
    {
        using var json = JsonContent.Create(new { image = Pictures.Jpeg(), top = 10, detail = true });

        var answer = await client.ClassifyAsync("", json);

        await AssertSameAsync(answer);
        Assert.All(List(answer, "models"), model => Assert.Equal(10, List(model, "predictions").Count));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "not JSON")]
    [InlineData("{}", "not JSON")]
    [InlineData("{\"image\": 5}", "not JSON")]
    [InlineData("{\"image\": \"data:image/jpeg;base64,/9j/\"}", "without 'data:'")]
    [InlineData("{\"image\": \"/9j/\", \"image\": \"/9j/\"}", "more than one picture")]
    [InlineData("{\"picture\": \"/9j/\"}", "Unknown JSON field 'picture'")]
    public async Task Classify_OtherJson_Is400AndSaysWhatToSend(string json, string what)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");

        Assert.Contains(what, await client.RefusedAsync(HttpStatusCode.BadRequest, content), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("x-gzip", false)]
    [InlineData("deflate", false)]
    [InlineData("gzip", true)]
    public async Task Classify_CompressedBody_IsAnswered(string encoding, bool form)
    {
        using var plain = form ? Form(Pictures.Jpeg()) : (HttpContent)Raw(Pictures.Jpeg());
        using var content = await CompressAsync(plain, encoding);

        await AssertSameAsync(await client.ClassifyAsync("?top=10", content));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Classify_BodyThatDecompressesBeyondTheLimit_Is413(bool form)
    {
        var large = new byte[20_000_001];
        using var plain = form ? Form(large) : (HttpContent)Raw(large);
        using var content = await CompressAsync(plain, "gzip");

        Assert.Contains(
            "20,000,000", await client.RefusedAsync(HttpStatusCode.RequestEntityTooLarge, content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_EncodingThatIsWrongOrUnknown_IsRefusedByName()
    {
        using var wrong = Raw(Pictures.Jpeg());
        wrong.Headers.ContentEncoding.Add("gzip");
        using var unknown = Raw(Pictures.Jpeg());
        unknown.Headers.ContentEncoding.Add("br");

        Assert.Contains("Content-Encoding", await client.RefusedAsync(HttpStatusCode.BadRequest, wrong), StringComparison.Ordinal);
        Assert.Contains("'br'", await client.RefusedAsync(HttpStatusCode.UnsupportedMediaType, unknown), StringComparison.Ordinal);
    }

    private static async Task<HttpContent> CompressAsync(HttpContent plain, string encoding)
    {
        var compressed = new MemoryStream();
        await using (Stream stream = encoding == "deflate"
            ? new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await plain.CopyToAsync(stream, TestContext.Current.CancellationToken);
        }

        var content = Raw(compressed.ToArray(), plain.Headers.ContentType?.ToString());
        content.Headers.ContentEncoding.Add(encoding);
        return content;
    }

    private async Task AssertSameAsync(JsonNode answer) => Assert.Equal(
        Probabilities(await client.ClassifyAsync("?top=10")), Probabilities(answer));
}
