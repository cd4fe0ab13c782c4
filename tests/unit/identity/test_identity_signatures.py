"""Signatures and one-time passwords against the examples of their specifications; access rules."""

import base64

import pytest

from novalite import exception
from novalite.identity.embedded import ec2_signature, oauth_signature, totp
from novalite.wsgi import access_rules

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def v4(**changes):
    """get-vanilla of the AWS Signature Version 4 test suite."""
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    )
    return {
        "host": "example.amazonaws.com",
        "verb": "GET",
        "path": "/",
        "params": {},
        "headers": {"X-Amz-Date": "20150830T123600Z", "Authorization": authorization},
        "body_hash": EMPTY,
        "signature": "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        **changes,
    }


def test_version_4_of_ec2():
    assert ec2_signature.fits(SECRET, v4())
    assert ec2_signature.fits(SECRET, v4(host="example.amazonaws.com:80"))
    assert not ec2_signature.fits("other", v4())
    for change in ({"verb": "POST"}, {"path": "/x"}, {"params": {"a": "b"}}, {"body_hash": "x"},
                   {"signature": ""}, {"headers": {}}):  # fmt: skip
        assert not ec2_signature.fits(SECRET, v4(**change))


def test_version_2_of_ec2():
    """The example of the AWS documentation of Signature Version 2."""
    params = {
        "AWSAccessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "Action": "DescribeJobFlows",
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": "2011-10-03T15:19:30",
        "Version": "2009-03-31",
    }
    asked = {
        "host": "elasticmapreduce.amazonaws.com",
        "verb": "GET",
        "path": "/",
        "params": params,
        "signature": "i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=",
    }
    assert ec2_signature.fits("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", asked)
    assert not ec2_signature.fits(SECRET, asked)
    assert not ec2_signature.fits(SECRET, {**asked, "params": {**params, "SignatureVersion": "1"}})


def test_time_of_a_signature():
    assert ec2_signature.signed_at({}) is None
    at = ec2_signature.signed_at(v4())
    assert at is not None and at.isoformat() == "2015-08-30T12:36:00"
    with_zone = ec2_signature.signed_at({"params": {"Timestamp": "2011-10-03T15:19:30Z"}})
    assert with_zone is not None and with_zone.tzinfo is None
    with pytest.raises(ValueError):
        ec2_signature.signed_at({"params": {"Timestamp": "yesterday"}})


def test_s3():
    """The example of the Amazon S3 documentation, of version 2."""
    text = b"GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg"
    key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert ec2_signature.s3_fits(key, "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=", text)
    assert not ec2_signature.s3_fits(key, "qgk2+6Sv9/oM7G3qLEjTH1a1l1h=", text)
    assert not ec2_signature.s3_fits(key, "x", b"AWS4-HMAC-SHA256\nonly two lines")


def test_reading_what_oauth_signs():
    """A request for temporary credentials, as in section 1.2 of RFC 5849."""
    header = (
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", '
        'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131200", '
        'oauth_nonce="wIjqoxSfx", '
        'oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready", '
        'oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"'
    )
    signed = oauth_signature.read("POST", "https://photos.example.net/initiate", header)
    assert not oauth_signature.fits(signed, "other", "")
    assert (signed.consumer, signed.token) == ("dpf43f3p2l4k3l03", None)
    assert signed.timestamp == 137131200
    assert signed.base.startswith("POST&https%3A%2F%2Fphotos.example.net%2Finitiate&oauth_callback")
    for bad in (None, "Bearer x", 'OAuth oauth_signature_method="PLAINTEXT"',
                header.replace("137131200", "now")):  # fmt: skip
        with pytest.raises(exception.Unauthorized):
            oauth_signature.read("POST", "https://photos.example.net/initiate", bad)


def test_oauth_of_a_resource_with_a_query():
    """The photo of section 1.2, with the signature that the RFC prints: of query and token, too."""
    header = (
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", '
        'oauth_token="nnch734d00sl2jdk", oauth_signature_method="HMAC-SHA1", '
        'oauth_timestamp="137131202", oauth_nonce="chapoH", '
        'oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"'
    )
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    signed = oauth_signature.read("GET", url, header)
    assert oauth_signature.fits(signed, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00")
    other = oauth_signature.read("GET", url.replace("original", "small"), header)
    assert not oauth_signature.fits(other, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00")


def test_one_time_passwords_of_rfc_6238():
    secret = base64.b32encode(b"12345678901234567890").decode()
    for now, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp.codes(secret, now)[0] == code
        assert code in totp.codes(secret, now + totp.STEP)
        assert code not in totp.codes(secret, now + 2 * totp.STEP)
    assert totp.codes(secret.lower().rstrip("="), 59)[0] == "287082"
    assert totp.codes("not base32!", 59) == []


@pytest.mark.parametrize(
    ("path", "request_path", "fits"),
    [
        ("/v2.1/servers", "/servers", True),
        ("/v2.1/servers", "/servers/x", False),
        ("/v2.1/servers/*/ips", "/servers/x/ips", True),
        ("/v2.1/servers/*/ips", "/servers/x/y/ips", False),
        ("/v2.1/servers/{id}", "/servers/x", True),
        ("/v2.1/servers/{id}", "/servers/", False),
        ("/v2.1/servers/**", "/servers/x/y", True),
        ("/v2.1/ser.ers", "/servers", False),
        ("/**", "/servers", True),
        ("/**/ips", "/servers/x/ips", True),
        ("/**/ips", "/servers/x/ip", False),
        ("/v2.1/**/a*c/{x}y", "/q/r/abc/ny", True),
        ("/v2.1/**/a*c/{x}y", "/q/r/abc/y", False),
        ("/v2.1/servers*", "/servers", True),
        pytest.param("/" + "**a" * 40, "/servers" + "a" * 4000 + "b", False, id="hostile"),
    ],
)
def test_paths_of_access_rules(path, request_path, fits):
    rules = [{"service": "compute", "method": "GET", "path": path}]
    environ = {"SCRIPT_NAME": "/v2.1", "PATH_INFO": request_path, "REQUEST_METHOD": "GET"}
    assert access_rules.allows(rules, environ) is fits
    assert access_rules.allows(rules, environ | {"SCRIPT_NAME": "/cloud/v2.1"}) is fits
    assert not access_rules.allows(rules, environ | {"REQUEST_METHOD": "POST"})
    assert not access_rules.allows(rules, environ | {"SCRIPT_NAME": "/image"})
    assert not access_rules.allows([], environ)
